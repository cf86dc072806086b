import { Page } from '../parts/page'

const Screen = () => <Page title="files">Soon</Page>
export default Screen
