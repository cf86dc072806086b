import { Page } from '../parts/page'

const Screen = () => <Page title="keys">Soon</Page>
export default Screen
