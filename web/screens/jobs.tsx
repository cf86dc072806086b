import { Page } from '../parts/page'

const Screen = () => <Page title="jobs">Soon</Page>
export default Screen
