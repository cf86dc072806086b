import { Page } from '../parts/page'

const Screen = () => <Page title="people">Soon</Page>
export default Screen
